"""What every HTTP request has: who is calling, limits, errors, security headers."""
