"""How far Parley goes past the machine it was measured on: a model, fitted and simulated."""
