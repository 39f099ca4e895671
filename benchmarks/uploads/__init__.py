"""What uploads cost the server: memory, and how long they hold its event loop."""
