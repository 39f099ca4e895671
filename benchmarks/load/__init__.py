"""How fast: one load generator before Parley and its peers, in turn, in one run."""
