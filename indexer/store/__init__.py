"""The only SQL of the project. `library.Library` is its face; docs/storage.md says how to read the file without us."""
