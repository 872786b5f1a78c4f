"""Questions about cases: the queue, one case's page, who may have a case, how much everybody has."""
