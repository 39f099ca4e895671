"""Operations: health checks, metrics, logs, the admin page, draining and worker processes."""
