"""Compiles spec nodes into closures: requests are built and replies are read with these alone."""
