"""One file a family of models: modules only, named as in the checkpoint, no I/O."""
