"""Grammar, calibration, evidence and fusion, each by itself."""
