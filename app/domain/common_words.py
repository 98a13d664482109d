"""The common words that make a text easy: chosen for this project, from what a ten-year-old reads and says.

Base forms and irregular forms are listed; regular endings are added by rule, as word-list formulas do (Dale and Chall
1948 count `-s`, `-ed`, `-ing` forms of a listed word as known). A form too many is harmless: nobody writes it.
"""

_BASE = """
a ability able about above absent accept accident accidentally according account across act action active activity
actual actually add addition additional address admit adult adventure advice advise afraid after afternoon again
against age ago agree agreement ah aha ahead aid aim air airport alike alive all allow almost alone along aloud
alphabet already also although always am amazing among amount an anchor ancient and anger angle angry animal
announce annoy another answer ant any anybody anymore anyone anything anyway anywhere apart appear appearance apple
apply april apron are area aren't argue argument arm army around arrange arrive arrow art article as ash ask at ate
attack attempt attention attic august aunt autumn available average avoid awake award aware away awful axe babies
baby back background backpack backward backwards bad badge badly bag bake baker balance ball balloon banana band
bandage bank bar barber bark barn barrel base basement basic basin basket bath bathroom battery battle be beach bean
bear beat beautiful beauty beaver became because become bed bedroom bee beef been before began begin beginning begun
behave behind being belief believe bell belly belong below belt bench bend benefit bent berry beside best bet better
between beyond bib bicycle big bike bill billion bin bird birdie birth birthday bit bite bitten bitter black blade
blame blank blanket bless blew blind block blood blow blown blue blush board boat body boil bold bolt bomb bone book
bookcase boot boots border boring borrow boss both bother bottle bottom bought bounce bound bow bowl box boy brain
branch brave bread break breakfast breath breathe brick bridge brief bright bring broad broadcast broke broken broom
brother brought brown brush bubble bucket buckle bug build building built bulb bunch bunny burn burnt burst bury bus
bush business busy but butcher butter butterfly button buy by bye cabin cage cake calculate calendar call calm came
camel camera camp can can't canal candle candy cannot canoe canvas cap captain car card care careful carefully
careless carpenter carpet carriage carrot carry cart carve case cash cashier castle cat catch caught cause cave
ceiling celebrate cell cent center central centre century certain certainly chain chair chalk challenge chance
change chapter character charge chart chase chat cheap cheat check cheer cheerful cheese chef chemical cherry chest
chew chick chicken chief child childish children chimney chocolate choose chop chose chosen church circle city claim
clap class classic claw clean clear clearly clever click cliff climate climb clock close closed closet cloth clothes
cloud clown clue coach coal coast coat code coffee coin cold collar collect collection college color colour column
comb come comfort command comment common community company compare compass competition complain complete completely
complex computer concern condition confident confuse connect connection consider consist constant contain continue
control conversation cook cookie cool copper copy cork corn corner correct cost cottage cotton cough could couldn't
count country courage course court cousin cover cow crab crack cradle crane crash crate crawl crayon crazy cream
create creep crept crew crib crime crocodile crop cross crow crowd crowded crown cruel cry crystal cube culture cup
cupboard curb cure curious current curtain curve cushion custom customer cut dad daily dam damage damp dance dancer
danger dangerous dare dark data date daughter day dead deaf deal dealt dear death decade december decent decide
decimal decision deck decorate decrease deep deer defend define degree delay delete delicious delight deliver demand
den dentist deny department depend depth describe desert deserve design desire desk destroy detail develop device
diamond diary dice did didn't die differ difference different difficult difficulty dig digit digital dinner dinosaur
direct direction directly dirt dirty disagree disappear discover discuss disease dish distance dive divide do dock
doctor does doesn't dog doggy doing doll dollar dolphin don't done donkey door double doubt down downwards dozen dr
draft drag dragon drain drank draw drawer drawing drawn dream dreamt dress drew drift drill drink drive driven
driver driveway drop drove drown drum drunk dry duck duckling dug dull dune during dust dusty duty each eager eagle
ear early earn earth earthquake easily east easy eat eaten edge educate education effect effort egg eight eighteen
eighth eighty either elbow elder election electric electricity electronic element elephant eleven else email empty
encourage end endless enemy energy engine engineer english enjoy enough enter entire entrance envelope environment
equal equipment eraser error escape especially estimate etc even evening event eventually ever every everybody
everyone everything everywhere evidence evil exact exactly exam examine example excellent excite exciting excuse
exercise exist exit expand expect expensive experience experiment expert explain explanation explode explore express
expression external extra extreme extremely eye eyebrow face fact factory fail failure faint fair fairly fairy faith
faithful fall fallen false familiar family famous fan fancy far farm farmer fast fat father faucet fault favor
favorite favour favourite fear feather february fed feed feel feeling feet fell felt fence fetch few field fierce
fifteen fifth fifty fight figure file fill film final finally find fine finger finish fire firm first fish fisherman
fit five fix flag flame flash flashlight flat flew flight float flood floor flour flow flower flown flute fly focus
fog fold folder follow following food fool foolish foot for force foreign forest forever forgave forget forgive
forgot forgotten fork form formerly formula fortunate forty forward forwards fossil fought found fountain four
fourteen fourth fox fraction frame frankly free freedom freeze fresh friday fridge friend friendly frighten frog
from front frown froze frozen fruit fuel full fully fun function funnel funny fur furniture further fuss future gain
gallop game gap garage garden gardener gas gate gather gave gear general generally gentle gentleman gently germ get
ghost giant gift giggle giraffe girl give given glad glass glasses global globe glove glow glue go goal goat goes
going gold golden gone good goodbye goose got gotten government grab graceful grade gradually grain gram grandfather
grandma grandmother grandpa grape graph grass grateful gravity gray great green greet grew grey grill grin grip
ground group grow grown guard guess guest guide guilty guitar gulp gun guy habit had hadn't hair half hall hammer
hamster hand handle handsome handy hang happen happy harbor harbour hard hardly harm harmful harvest has hasn't hat
hatch hate have haven't having hawk hay he he'd he'll he's head heal health healthy heap hear heard heart heat heavy
hedge hedgehog height held hello helmet help helpful hen hence her here here's hero hers herself hey hi hid hidden
hide high highly hill him himself hinge his history hit hold hole holiday hollow holy home honest honey honor honour
hook hoop hooray hop hope hopeful horn horrible horse hose hospital hot hotel hour house how how's however hug huge
human hundred hung hunger hungry hunt hunter hurry hurt husband hut i i'd i'll i'm i've ice idea identical if ill
image imagine immediately importance important impossible improve improvement in inch include including increase
indeed industry inform information injure injury ink inner innocent input insect inside instant instead instruction
instrument intend interest interesting internal internet interrupt into introduce invent invention inventor invite
iron is island isn't issue it it'll it's itch item its itself jacket jail jam january jar jealous jelly jewel job
join joke journey joy joyful judge jug juice july jump june jungle junior jury just justice kangaroo keep kept
kettle key keyboard kick kid kill kilogram kilometer kilometre kind king kingdom kiss kitchen kite kitten kitty knee
kneel knew knife knight knit knock knot know knowledge known label lack ladder lady ladybug laid lain lake lamb lamp
land language lantern large largely last late lately later laugh laughter launch laundry law lawn lawyer lay layer
lazy lead leader leaf lean leap learn leash least leather leave leaves led left leg legal lemon lend length lent
less lesson let let's letter level lever library lick lid lie life lift light lightning like likely limit line link
lion lip liquid list listen lit liter litre little live lively load local location lock log lonely long look loop
loose lose loss lost lot lots loud loudly love lovely low lower loyal luck lucky lumber lump lunch lung machine mad
made magazine magic magnet maid mail mailbox mailman main mainly major make mama man manage manner many map marble
march mark market married marry mask mass master mat match material math mathematics matter mattress may maybe mayor
me meadow meal mean meaning meant measure meat mechanic medicine meet melon melt member memory men mend mental
mention menu mess message met metal meter method metre mice microscope middle midnight might mild mile milk mill
million mind mine mineral minor minus minute mirror miss missing mistake mix mixed mixture model modern mole mom
moment monday money monkey monster month mood moon mop more moreover morning most mostly mother motion motor
mountain mouse mouth move movie mr mrs ms much mud mug multiple multiply mum munch muscle museum mushroom music
musical musician must mustn't my myself mysterious mystery nail name nap napkin narrow nation natural naturally
nature near nearly neat necessary neck necklace need needle negative neighbor neighbour neither nephew nerve nervous
nest net network never new news newspaper next nibble nice nicely niece night nine nineteen ninety ninth no noble
nobody nod noise noisy non none noon nor normal normally north nose not note notebook nothing notice november now
nowhere numb number nurse nut oar obey object observe obtain obvious obviously occasion occasionally occur ocean
october octopus odd of off offer office officer official often oh oil ok okay old on once one one's onion online
only onto open opinion opportunity opposite option or orange orbit orchard order ordinary origin original originally
other otherwise otter ouch ought our ours ourselves out outer output outside oven over owe owl own owner oxygen pace
pack package paddle page paid pail pain painful paint painter pair palace pale palm pan panda pants papa paper
parade parcel parent park parrot part particular particularly partly party pass passage passenger password past
paste pat path patience patient pattern pause pavement paw pay pea peace peaceful peach pear peek peel peg pen
pencil penguin people pepper per percent perfect perfectly perform performance perfume perhaps period permission
permit person personal pet phone photo photograph physical piano pick picnic picture pie pig pigeon pile pill pillow
pilot pin pink pipe pirate pit pitcher pity place plain plan plane planet plant plastic plate play player playground
pleasant please pleasure plenty plumber plus pocket poem poet point poison poke pole police polite pond pony pool
poor pop popular population porch pork porter position positive possibility possible possibly post poster pot potato
pound pour powder power powerful practice practise praise pray precious prefer prepare present president press
pressure pretend pretty prevent previous price pride priest primary prince princess print prison private prize
probable probably problem process produce product program programme progress project promise proof proper properly
property protect proud prove proved provide public puddle pull pump punch punish pupil puppy pure purple purpose
purse push put puzzle quality quantity quarter queen question queue quick quickly quiet quietly quilt quit quite
quotient rabbit raccoon race radio raft rail rain rainbow raise rake ran random rang range rank rare rarely rat rate
rather ratio raw razor reach reaction read reader ready real realise realize really reason receive recent recently
recognise recognize record rectangle red reduce refer refuse region regret regular regularly reject related relation
relationship relative relax release rely remain remember remind remote remove repair repeat replace reply report
reporter request require required rescue research respect responsible rest restaurant result return reward rhyme
rhythm ribbon rice rich ridden ride rifle right ring ripe rise risen risk river road rob robot rock rocket rod rode
role roll roof room rooster root rope rose rotten rough round row royal rub rubber rude rug ruin rule ruler run rung
rush rusty sad saddle safe said sail sailor salad sale salt salty same sample sand sandbox sandwich sang sank sat
satisfy saturday sauce save saw say scale scare scared scarf scary scatter scene scent school science scientist
scissors scoop score scratch scream screen screw sea search season second secret secretary section see seed seem
seen seldom select self sell send senior sense sent sentence separate september series serious seriously servant
serve service set settle seven seventeen seventh seventy several sew sewn shadow shake shaken shall shallow shape
share shark sharp shave she she'd she'll she's shed sheep sheet shelf shell shelter shepherd sheriff shine shiny
ship shirt shiver shock shoe shone shook shoot shop shopkeeper shore short shot should shoulder shouldn't shout
shovel show shower shown shrank shrink shrug shut shy sick side sidewalk sigh sight sign signal silent silk silly
silver similar simple simply since sincere sing singer single sink sip sir siren sister sit site situation six
sixteen sixth sixty size skate ski skill skin skip skirt sky slap sled sleep sleepy slept slice slid slide slight
slightly slip slipper slippery slow slowly small smart smash smell smile smoke smooth snack snail snake sneeze sniff
sniffle snore snow snowflake snowman so soap sob sock sofa soft softly soil sold soldier solid solve some somebody
somehow someone something sometimes somewhat somewhere son song soon sorry sort sound soup sour source south space
spade spare spark sparkle speak special specific speech speed spell spend spent spicy spider spill spin spirit
splash split spoil spoke spoken sponge spoon sport spot sprang spray spread spring sprinkle spy square squeeze
squirrel stable staff stage stair stamp stand standard star stare start state station statue stay steady steal steam
steel steep steer stem step stick sticker sticky stiff still sting stir stole stolen stomach stone stood stool stop
storage store storm story stove straight strange stranger straw strawberry stream street strength stretch strict
strike string strip strong struck structure stubborn stuck student study stuff stumble stupid style subject subtract
succeed success successful such suck sudden suddenly suffer sugar suggest suit suitable suitcase sum summary summer
sun sunday sung sunk sunshine super supper supply support suppose sure surely surface surprise surround suspect
swallow swam swamp swan swear sweep sweet swell swept swift swim swing switch sword swore swum symbol syrup system
table tail tailor take taken talk tall tame tank tap tape target task taste tasty taught tax taxi tea teach teacher
team tear tease technology teddy teeth telephone telescope television tell temperature temple tempt ten tender tense
tent tenth term terrible terribly terrify test text than thank thankfully thanks that that's the theater theatre
their theirs them themselves then there there's therefore these they they'd they'll they're they've thick thief
thieves thin thing think third thirst thirsty thirteen thirty this those though thought thousand thread threat three
threw throat through throw thrown thumb thunder thursday thus tick ticket tickle tidy tie tiger tight tile time
times tin tiny tip tiptoe tired title to toast toaster today toe together told tomato tomorrow ton tongs tongue
tonight too took tool tooth top topic torch tore torn toss total touch tough tour toward towards towel tower town
toy trace track trade tradition traffic trail trailer train trainer transport trap travel tray treasure treat
treatment tree tremble trend triangle trick trip trot trouble trousers truck true truly trunk trust truth try tub
tube tuesday tug tumble tune tunnel turn turtle tutor twelve twenty twice twinkle twist two type typical ugly
umbrella unable uncle under understand understood undo unit unite universe university unknown unless unlike unlock
until up upon upper upset upwards us use useful useless user usual usually valley valuable value vanish variable
variety various vase vegetable version very vest via victory view village villain violent violin visible vision
visit voice volcano volume vote voyage wage wagon wait waiter waitress wake walk wall wallet wand wander want war
warm warn warning was wash wasn't waste watch water waterfall wave way we we'd we'll we're we've weak wealth wealthy
weapon wear weather web website wednesday week weekend weekly weigh weight weird welcome well went were weren't west
wet whale what what's whatever wheat wheel when whenever where where's whereas wherever whether which whichever
while whip whisper whistle white who who's whoever whole whom whose why wicked wide width wife wig wiggle wild
wildly will willing win wind windmill window wing wink winter wipe wire wise wish witch with within without witness
wizard woke woken wolf woman women won won't wonder wonderful wood wooden wool word wore work worker world worm worn
worried worry worse worst worth would wouldn't wound wow wrap wreck write writer written wrong wrote yard yarn yawn
yeah year yearly yell yellow yes yesterday yet you you'd you'll you're you've young your yours yourself yourselves
zebra zero zipper zone zoo
"""
_VOWELS = frozenset("aeiou")


def forms(word: str) -> list[str]:
    """A word with its regular endings: `stop` also gives stopped and stopping, `carry` carries, `nice` nicer."""
    if "'" in word or len(word) < 3:
        return [word]
    stem = word[:-1]
    if word.endswith("e"):
        plain = [word + end for end in ("", "s", "d", "r", "st", "ly")]
        return plain + [stem + end for end in ("ing", "y", "ly")]
    if word.endswith("y") and word[-2] not in _VOWELS:
        ends = ("ies", "ied", "ier", "iest", "ily", "iness")
        return [word, word + "ing", *(stem + end for end in ends)]
    double = word + word[-1] if word[-1] not in "wxy" and word[-2] in _VOWELS and word[-3] not in _VOWELS else word
    plain = [word + end for end in ("", "s", "es", "ed", "ing", "er", "est", "ers", "ly", "y", "ness", "'s")]
    return plain + [double + end for end in ("ed", "ing", "er", "est", "y")]


BASE_WORDS = tuple(_BASE.split())
"""The words as listed, without their regular forms."""
COMMON_WORDS = frozenset(form for word in BASE_WORDS for form in forms(word))
"""Every accepted form, lower case."""
