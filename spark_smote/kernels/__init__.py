"""Arrays in, arrays out: search, draw, interpolate, allocate. No Spark, no pandas, no I/O."""
