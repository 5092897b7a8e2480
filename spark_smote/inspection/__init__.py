"""Looking at a table before it is resampled: columns, classes, what to try."""
