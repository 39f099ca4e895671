"""GracePeriods end in the order in which they began, and only for who did not come back."""

from unittest import TestCase

from chat.sessions.grace import GracePeriods


class TestGraces(TestCase):
    def setUp(self) -> None:
        self.graces: GracePeriods[str] = GracePeriods(10.0)

    def over(self, now: float) -> list[str]:
        return list(self.graces.pop_ended(now=now))

    def test_each_has_the_whole_span(self) -> None:
        self.graces.begin("ada", now=0.0)
        self.graces.begin("bob", now=1.0)
        self.assertEqual(self.graces.next_end, 10.0)
        self.assertEqual(self.over(9.9), [])
        self.assertEqual(self.over(10.0), ["ada"])
        self.assertEqual(self.graces.next_end, 11.0)
        self.assertEqual(self.over(20.0), ["bob"])
        self.assertIsNone(self.graces.next_end)

    def test_who_is_back_has_none(self) -> None:
        self.graces.begin("ada", now=0.0)
        self.graces.end("ada")
        self.graces.end("ada")
        self.assertEqual(self.over(99.0), [])

    def test_who_goes_again_has_it_anew_behind_the_others(self) -> None:
        self.graces.begin("ada", now=0.0)
        self.graces.begin("bob", now=1.0)
        self.graces.begin("ada", now=2.0)
        self.assertEqual(self.over(11.5), ["bob"])
        self.assertEqual(self.over(12.0), ["ada"])

    def test_all_can_be_forgotten(self) -> None:
        self.graces.begin("ada", now=0.0)
        self.graces.clear()
        self.assertEqual(self.over(99.0), [])
