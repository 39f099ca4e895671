"""The commands of operators, ``python app.py admin …``; most of them work while servers run."""
