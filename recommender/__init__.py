"""The Vitrine library: domain types, models, ranking, and the formats that training and serving share."""
