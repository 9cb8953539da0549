"""The demo site: real servers, a bench folder and plausible data, with faults to inject."""
