"""Reads the settings from the environment, once, and protects the files of the server."""
