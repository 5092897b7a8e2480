"""DataFrame to DataFrame: profile, sample, hash, search, synthesise. All Spark plans are here."""
