"""The classroom: assignments are released, collected, executed and graded."""
