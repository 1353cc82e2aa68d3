"""The commands of `pics`, a file for each thing one comes to do; cli.py lists them."""
