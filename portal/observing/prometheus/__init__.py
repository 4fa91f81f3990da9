"""What Prometheus reads: how long requests take, what people do, and how the site is."""
