"""What stands between a question and its answer: its grammar, its vectors, what they weigh, and how sure that is."""
