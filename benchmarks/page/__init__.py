"""The first second of the chat page, on a slow network and a slow phone."""
