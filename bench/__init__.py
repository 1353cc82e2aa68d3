"""What this machine makes of pics' work, stage by stage, and what bounds each: measured for `pics bench`.

It makes what it measures upon, and needs neither a library nor a network. Knows nothing of terminals.
"""
