"""The texts of pages in the languages that there are. English is in the code, and is the key."""
