"""How events flow: contracts, topics, batches, the journal. Imports nothing of agents/ or sinks/."""
