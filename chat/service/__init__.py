"""What people do: the only writer of logs."""
