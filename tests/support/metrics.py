"""Reads /metrics, so that tests can look up values."""

from prometheus_client.parser import text_string_to_metric_families

from tests.support.client import Client


async def read_metrics(client: Client) -> dict[tuple[str, ...], float]:
    """Return the values by name and labels, in the order of the labels' names."""
    response = await client.get("/metrics")
    assert response.code == 200
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.body.decode())
        for sample in family.samples
    }
