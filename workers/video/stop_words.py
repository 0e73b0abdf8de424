"""Words that say nothing about a video's subject, by language."""

from collections.abc import Mapping

_BY_LANGUAGE = {
    "en": """
        a about above after again all almost also always am an and another any anything are aren't around as ask at
        away back be because been before being below between both but by call came can can't cannot come could couldn't
        day did didn't do does doesn't doing don't down each even ever every everyone everything few find first for from
        get gets getting give go goes going gonna good got had has have haven't having he he's hello her here here's
        hers hey hi him his how i i'd i'll i'm i've if in into is isn't it it's its just keep know let let's like little
        look lot made make makes many may maybe me mean might mine more most much must my need never new next no not
        nothing now of off oh ok okay on once one only or other our out over own people please put really right said
        same say see seen she should show since so some something still such sure take tell than thank thanks that
        that's the their them then there there's these they they're thing things think this those three through time to
        today together too try two under until up upon us use used using very video want wanted was wasn't watch way we
        we'll we're we've well went were what what's when where which while who why will with within without won't would
        yeah year years yes yet you you'll you're you've your yours""",
    "de": """
        aber alle allem allen aller alles als also am an andere auch auf aus bei beim bin bis bist da damit dann das
        dass dazu dein deine dem den denn der des deshalb die dies diese diesem diesen dieser dieses doch dort du durch
        ein eine einem einen einer eines einfach er es etwas euch euer für ganz geht gibt gut habe haben hallo hast hat
        hatte heute hier ich ihm ihn ihnen ihr ihre im immer in ins ist ja jede jeder jetzt kann kannst kein keine
        können könnt machen macht man mal mehr mein meine mich mir mit muss nach nicht nichts noch nun nur ob oder ohne
        schon sehr sein seine seit sich sie sind so soll sondern über um und uns unser unsere unserem unseren unter viel
        vom von vor war waren was weil wenn werden wie wieder will willkommen wir wird wo zeigen zu zum zur""",
    "fr": """
        à ai alors après au aujourd'hui aussi autre aux avant avec avez avoir avons bien bonjour c'est ça car ce cela
        ces cet cette chez comme comment d'un d'une dans de depuis des deux dire donc du elle elles en encore est et
        être eu fait faire faut il ils j'ai je jour juste l'on la là le les leur leurs lui ma mais me même mes moi mon
        n'est ne non nos notre nous on ont ou où par parce pas peu peut plus pour pourquoi qu'il qu'on quand que quel
        quelle qui quoi sa sans se ses si son sont sur ta te tes toi ton tous tout toute toutes très tu un une va vais
        vers voilà voir vos votre vous y""",
    "es": """
        a al algo alguien antes así aquí aún bien bueno cada casi como cómo con cosa cosas cual cuando de del desde
        donde dos el él ella ellas ellos en entonces entre era es esa ese eso esta está están estas este esto estos
        estoy fue ha hace hacer han hasta hay hola hoy la las le les lo los más me mi mis mucho muy nada ni no nos
        nosotros nuestra nuestro o os otra otro para pero poco por porque puede pues que qué quien se sea ser si sí sin
        sobre solo son soy su sus también tan te tener tengo tiene toda todas todo todos tu tus un una uno unos usted va
        vamos ver vez y ya yo""",
    "it": """
        a ad adesso agli ai al alla alle allora anche ancora avere bene c'è che chi ci ciao come con cosa così cui da
        dal dalla dei del della delle di dopo dove due e è ed era essere fa fare fatto gli ha hai hanno ho i il in io
        la le lei li lo loro lui ma me mi mia mio molto nei nel nella no noi non nostra nostro o oggi ogni per perché
        più poi può qual quale quando quanto quello quella questa queste questi questo qui sarà se sei senza si sì sia
        siamo solo sono sopra stato su sua sul sulla suo te ti tra tu tua tuo tutta tutte tutti tutto un una uno va
        vi voi""",
    "pt": """
        a agora ainda ao aos aqui as assim até bem cada com como da das de dela dele depois do dois dos e é ela elas
        ele eles em então entre era essa esse esta está estão este eu faz fazer foi há hoje isso isto já lá lhe mais mas
        me mesmo meu minha muito na não nas nem no nos nós nossa nosso o olá onde os ou outra outro para pela pelo pode
        por porque quando que quem se sem ser seu seus só sobre sua suas também te tem tem ter toda todo todos tu tudo
        um uma vai vamos você vocês""",
    "nl": """
        aan al alle alles als altijd ben bij daar dan dat de deze die dit doen door dus een en er gaan gaat geen goed
        haar had heb hebben heeft hem het hier hij hoe hun ik in is ja je jij jullie kan kunnen maar maken me meer met
        mijn moet na naar niet niets nog nu of om omdat ons onze ook op over te toch toe tot u uit van vandaag veel voor
        waar want was wat we wel welkom wie wij willen wordt ze zei zeer zich zien zijn zo zou""",
    "pl": """
        aby ale bardzo bez był była było być by cały chcę ci co czy dla do dziś dzisiaj gdy gdzie go i ich ile im
        jak jako je jego jej jest jestem jeszcze jeśli już każdy kiedy kto która które który lub ma mam mamy może mi
        mnie mój my na nad nam nas nasz nie nic niż no o od on ona one oni po pod ponieważ przed przez przy są się swój
        ta tak także tam te tego tej ten też to tu tych tylko tym u w wam was we więc wszystko wszystkich z za ze że
        żeby""",
}

STOP_WORDS: Mapping[str, frozenset[str]] = {code: frozenset(words.split()) for code, words in _BY_LANGUAGE.items()}
"""By ISO 639-1 code, in lower case."""
