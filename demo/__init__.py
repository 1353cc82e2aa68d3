"""`pics demo`: the album that comes with pics, and a tour of the commands on it."""
