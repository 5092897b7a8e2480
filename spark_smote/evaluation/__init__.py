"""What helps to judge a model of rare classes, and to do without new rows."""
