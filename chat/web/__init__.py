"""The pages, signing in and out, and the HTTP API."""
