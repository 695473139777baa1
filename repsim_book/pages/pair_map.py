"""A page that shows all pairs of many models as a clustered heat map."""
