"""Where `pics-mini` comes from: pictograms and their names -> pictures and captions -> a small CLIP, trained in MLX.

`python -m training` is the whole of it; `loop.py` and `loss.py` know nothing of pictograms and train any CLIP.
"""
