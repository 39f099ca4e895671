"""Followers: background readers of all logs, each with a cursor of its own."""
