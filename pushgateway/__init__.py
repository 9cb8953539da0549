"""Configuration of Prometheus and Alertmanager, made from the checks where it depends on them."""
