"""The service's figures in the text format of Prometheus."""
