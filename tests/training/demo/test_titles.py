import pytest

from training.demo.titles import title


@pytest.mark.parametrize(
    ("description", "natural"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White Hanging Heart T-Light Holder"),
        ("HEART OF WICKER SMALL", "Heart of Wicker Small"),
        ("IN THE GARDEN ", "In the Garden"),
        ("SET/20 RED RETROSPOT PAPER NAPKINS ", "Set of 20 Red Retrospot Paper Napkins"),
        ("S/4 CACTI CANDLES", "Set of 4 Cacti Candles"),
        ("PAPER CHAIN KIT 50'S CHRISTMAS ", "Paper Chain Kit 50's Christmas"),
        ("LUNCH BAG  BLACK SKULL.", "Lunch Bag Black Skull"),
        ("CHARLIE+LOLA RED HOT WATER BOTTLE ", "Charlie & Lola Red Hot Water Bottle"),
        ("SET 3 RETROSPOT TEA,COFFEE,SUGAR", "Set 3 Retrospot Tea, Coffee, Sugar"),
        ("BLUE/NAT SHELL NECKLACE W PENDANT", "Blue/Natural Shell Necklace with Pendant"),
        ("POLYESTER FILLER PAD 45x30cm", "Polyester Filler Pad 45x30cm"),
        ("WHITE CHRISTMAS TREE 60CM", "White Christmas Tree 60cm"),
        ("SET OF 6 3D KIT CARDS FOR KIDS", "Set of 6 3D Kit Cards for Kids"),
        ('LETTER "A" BLING KEY RING', 'Letter "A" Bling Key Ring'),
        ("CHILDRENS DOLLY GIRL MUG", "Children's Dolly Girl Mug"),
        ("*USB Office Mirror Ball", "USB Office Mirror Ball"),
        ("Dr. Jam's Arouzer Stress Ball", "Dr. Jam's Arouzer Stress Ball"),
    ],
)
def test_a_till_description_becomes_a_title(description: str, natural: str) -> None:
    assert title(description) == natural
