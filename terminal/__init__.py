"""What stands between the commands and a person: progress, sentences, the doctor. What is said, cli.py prints."""
