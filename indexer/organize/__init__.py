"""Putting a library in order: one idea a file. Each reads vectors from the store; none encodes a photo again."""
