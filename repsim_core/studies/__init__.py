"""Studies: grids of models that are declared, computed unit by unit, and recorded."""
