from bench.cost import Reading


def test_a_cost_is_what_came_between_two_readings() -> None:
    earlier = Reading({"mongod": 10.0, "web": 4.0}, conflicts=3)

    since = Reading({"mongod": 12.5, "web": 5.0, "later": 1.0}, conflicts=7).since(earlier)

    assert since == Reading({"mongod": 2.5, "web": 1.0, "later": 1.0}, conflicts=4)
    assert since.seconds_of(["mongod", "web", "nobody"]) == 3.5
