"""What an operator does beside a server that runs: ``python app.py admin …``."""
