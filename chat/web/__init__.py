"""The page, signing in, and the request-and-response API."""
