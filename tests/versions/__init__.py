"""What one version writes and another one reads: records of earlier versions, and the shapes of today's."""
