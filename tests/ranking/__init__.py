"""A labelled collection, and how well questions to it are answered: no model, no pictures."""
