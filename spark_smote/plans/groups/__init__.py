"""Resampling within each group of rows: a tenant, a country, a day."""
