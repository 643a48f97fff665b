"""The demo shop's departments, found by words in a title."""

import re

OTHER = "Gifts & Novelties"

_WORDS: tuple[tuple[str, str], ...] = (
    ("Home Decorations", r"wall\sart"),
    (
        "Christmas",
        """
        christmas xmas advent santas? snowman snowmen reindeer snowflakes? baubles? noel nativity yuletide
        mistletoe stockings? rudolph icicles? angels? sleigh""",
    ),
    ("Easter", "easter chicks?"),
    ("Hot Water Bottles & Warmers", r"hot\swater\sbottle hottie hand\swarmers? heat\spacks? wheat\sbag"),
    (
        "Signs, Hooks & Hardware",
        r"""
        signs? doorsign number\stiles? slate\stile tile\shook hooks? hangers? coathanger knobs? plaques? handles?
        letterbox doorbell bell\spull pegs? stopmetal""",
    ),
    (
        "Jewellery & Accessories",
        r"""
        necklac[es]? necklaces bracelets? bangles? earrings? rings?(?!\sbinder|.*lampshade) brooch(?:es)? choker
        pendant locket hair\s?(?:slides?|grips?|combs?|clips?|bands?|ties?) tiara lariat anklet cufflinks
        keyrings? key\sfob key-?chains? (?:phone|bag)\schar[m]? badges? headphones ear\smuff""",
    ),
    (
        "Cards & Gift Wrap",
        r"""
        (?<!playing\s)cards?(?!\swallet|\sholder|\sgames?) wraps? giftwrap gift\s(?:tags?|tape|bags?) ribbons?
        envelopes? greeting tapes? bows? postcards?""",
    ),
    (
        "Bags, Purses & Umbrellas",
        """
        bags? shoppers? handbags? purses? backpacks? rucksack tote wallets? umbrellas? luggage passport suitcases?
        satchel washbags?""",
    ),
    ("Clocks, Mirrors & Frames", r"clocks? mirrors? frames? photo\s(?:album|cube|clip) album"),
    (
        "Candles & Lighting",
        r"""
        t-lights? tealight candles? candlepots? candleholders? candlesticks? candelabra lanterns? lamps?
        lampshades? lights?(?!\s(?:green|blue|pink|brown|topaz)) incense chandeliers? votives? nightlight
        ubo-light sconce lightbulb bulb glass\scube""",
    ),
    (
        "Toys & Games",
        r"""
        toys? dolls? jigsaws? puzzles? games? skittles domino(?:es)? playing\scards snap spinning marbles
        playhouse puppets? teddy yo-?yo kite bingo harmonica whistle skip+ing croquet ludo solitaire gliders?
        rocking soldiers? robots? slinky bouncy inflatable magic\sdrawing juggling tattoos? helicopter sandcastle
        modelling tool\sset cowboys? monster wooden\strain rocket ball(?!oon)s? space\scadet noughts stress
        crosses ladders bubbles snakes? creepy""",
    ),
    (
        "Party & Celebrations",
        r"""
        bunting party balloons? birthday paper\s(?:cups?|plates?|napkins?|chains?) doil(?:y|ies) straws confetti
        crackers? streamers? wedding honeycomb leis masks? cocktail halloween popcorn napkins? garlands? crepe
        tissues""",
    ),
    (
        "Stationery & Office",
        r"""
        notebooks? pens? pencils? sketchbooks? journals? rulers? erasers? rubbers? sharpeners? stationery
        stickers? calendar diary notepads? memo memoboard chalkboards? blackboards? magnets? bookmarks?
        paperweights? sticky letter\s(?:rack|holder|tray) (?:address|exercise|pocket|scrap)\s?books? bookcover
        office chalk crayons? stamps? blotter jotter writing calculator pencilcase folder notelets organiser""",
    ),
    (
        "Cushions & Textiles",
        r"""
        cushions? squarecushion throw quilt blanket doormats? mat rugs? (?<!tea\s)towels? curtains? duvet
        bedspread slippers? socks? shawl (?<!up\s)gloves? hat poncho pillow flannels? doorstops? draught
        filler\spad pashmina pouffe""",
    ),
    (
        "Kitchen & Baking",
        r"""
        cakestands? cake\s(?:stand|tins?|slice|forks?|mould|bowl|cover|cases)
        (?:four|baking|muffin|cupcake)\scases (?:lunch|snack|recipe|bread)\sbox(?:es)? baking bake jelly cutters?
        rolling\spin moulds? measuring aprons? oven kitchen colander sieve whisk spatula scales tea\stowels? jam
        preserving bread(?:bin)? recipe bottle\sopener corkscrew chopping trivet timer pantry spoons? spice frying
        pans? cookie ladle grater utensils? muffin coasters? placemats? table\smats? washing\sup bin pastry trays?
        food\scover toast cafetiere jars? cruet salt casserole mixing cosy egg\swarmer biscuits? strainer lolly
        snack baked? cupcakes? fork cooking""",
    ),
    (
        "Tea, Mugs & Tableware",
        r"""
        mugs? (?:tea)?cups? tea\sset saucers? teapots? plates? bowls? jugs? cutlery glass beakers? tumblers?
        goblets? dish(?:es)? tankard coffee milk tea\sfor\sone dinner tea chopsticks tablecloth runner decanter
        platter carafe (?<!water\s)bottles? flask butter sugar cloche enamel chilli""",
    ),
    (
        "Children",
        r"""
        children's child's children kids baby babies nursery bib boys? girls? circus\sparade spaceboy dolly\sgirl
        cot dinosaurs?""",
    ),
    (
        "Craft & Sewing",
        r"""
        craft stencil felt(?:craft)? sewing knitting crochet buttons? fabric wool pom-pom patches reel decoupage
        needlework thread beads? pin\scushion patchwork scissors? sew""",
    ),
    (
        "Garden & Outdoors",
        r"""
        garden(?:ers?)? plants? planters? watering parasols? bird\s(?:feeder|house|table|bath|box) birdhouse
        seeds? trowel flowerpots? picnic beach windmills? deckchair well(?:ies|ington) hammock nesting shed
        camping thermometer outdoor gnome insect birdcage buckets? window\sbox trellis barbecue windchime chime
        herbs? wheelbarrow grow bicycle fishing seaside rain""",
    ),
    (
        "Bath & Beauty",
        r"""
        soaps? bath(?:room|s)? cosmetic manicure toothbrush lip make-?up perfume beauty shower sponge massage balm
        toilet(?:te|ries)? laundry nail pot\s?pourri potpourri pouri plasters? fragrance oils""",
    ),
    (
        "Storage & Furniture",
        r"""
        box(?:es)? tins? baskets? drawers? cabinets? storage shel(?:f|ves) stools? chests? racks? crates? caddy
        cubes? tables? (?:table\s)?stands? chairs? cupboard tidy holders? containers? hatbox bookcase money\sbank
        bank bookends? trunk magazine trolley canister partition hamper sideboard desk bench carry-all""",
    ),
    (
        "Home Decorations",
        """
        hearts? hanging decorations? wreaths? ornaments? art wall vases? artificial figurines? flowers? birds?
        butterfl(?:y|ies) stars? wicker trees? decorative mobile feathers? cacti letters? block hens? cats? dogs?
        owls? rabbits? bunn(?:y|ies) bells? filigree cherub buddha doves? statue sculpture willow shells? roses?
        daisies leaf swallows? cockerel elephants? babushka globe wallhanging strings? screen print ducks? rosette
        gecko frog deer horse toadstools? crystal canvas mobile wool base basin""",
    ),
)
"""Each department's words, as regular expressions; the first department with a word in the title has it."""

_DEPARTMENTS = tuple(
    (name, re.compile(rf"\b(?:{'|'.join(words.split())})(?![\w-])", re.IGNORECASE)) for name, words in _WORDS
)

NAMES = (*dict.fromkeys(name for name, _ in _WORDS), OTHER)


def department(title: str) -> str:
    """Where the shop would show a product of this title."""
    return next((name for name, words in _DEPARTMENTS if words.search(title)), OTHER)
