"""The library of photos: which exist, what is known of them, where their vectors are.

Knows nothing of MLX, terminals or HTTP: the encoder is handed in.
"""
