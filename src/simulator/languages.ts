/** Sentences of generated posts: in Latin letters, without spaces, from right to left, and with combining marks. `{n}` becomes a number. */
export interface Language {
  code: string;
  /** How often, relative to the others. */
  weight: number;
  sentences: readonly string[];
  tags: readonly string[];
}

function language(code: string, weight: number, tags: string, sentences: string): Language {
  const lines = sentences.trim().split(/\n\s*/);
  return { code, weight, sentences: lines, tags: tags.split(' ') };
}

export const languages: readonly Language[] = [
  language(
    'en',
    60,
    'birds gardening typescript art caturday photography openSource Friday13th',
    `Finally finished the bookshelf and it only leans a little.
    Day {n} of the sourdough starter and it has opinions now.
    Nobody told me that moving to a new city means explaining your name {n} times a week, but here we are.
    The heron at the canal looked straight at me, judged my lunch, and left.
    hot take: soup is a drink
    I keep a list of words that sound made up but are not, and "widdershins" is still winning.
    Our library lends out cake tins, telescopes and, as of this morning, {n} ukuleles.
    does anyone else hum while the kettle boils or is that just me
    The deploy went fine. Suspiciously fine. I am going to sit here and look at the graphs until it is not.
    Rain again; the tomatoes are thrilled, the laundry is not.
    Reading about medieval weather records and it turns out people have always complained in great detail.
    New drawing! Took me {n} hours and most of a pencil.
    my cat has learned to open the drawer with the treats & honestly I'm proud
    What is the smallest thing that made your day better? Mine was a bus driver who waited.
    same
    "It works on my machine" is a love letter, if you think about it.`,
  ),
  language(
    'ja',
    18,
    '猫 写真 今日のごはん イラスト',
    `駅前のパン屋さん、今日はメロンパンが{n}個も残っていた。
    雨の音を聞きながら本を読むのがいちばん落ち着く。
    うちの猫が新しい箱を気に入ったらしくて、もう三時間も出てこない。
    おはようございます!今日もゆっくりいきましょう。
    夕焼けがきれいだったので、遠回りして帰りました。
    原稿が終わらない……でもお茶がおいしい。`,
  ),
  language(
    'de',
    12,
    'Garten Fahrrad Feierabend Bücher',
    `Das Straßenfest war schön, nur die Blaskapelle hat {n} Mal dasselbe Stück gespielt.
    Wer hat eigentlich beschlossen, dass Montage so früh anfangen müssen?
    Im Garten blüht jetzt alles gleichzeitig, als hätten sich die Pflanzen abgesprochen.
    Ich übe das Wort „Eichhörnchen“ mit meiner Nachbarin, und wir scheitern beide fröhlich.
    Feierabend, Tee, Füße hoch.
    Die Bahn war pünktlich. Ich wiederhole: Die Bahn war pünktlich.`,
  ),
  language(
    'ar',
    6,
    'قهوة كتب صباح_الخير',
    `صباح الخير، القهوة جاهزة والسماء صافية.
    قرأت {n} صفحة من الرواية ولم أستطع التوقف.
    المطر يغسل الشوارع والقلوب معًا.
    جدتي تقول إن الخبز لا يكذب أبدًا.`,
  ),
  language(
    'hi',
    4,
    'चाय किताबें',
    `बारिश, चाय और पुरानी किताबें, और क्या चाहिए।
    आज बस {n} मिनट देर से आई, फिर भी दिन अच्छा रहा।`,
  ),
];

/** Joined with zero-width joiners, coloured by modifiers, made of two letters, or plain. */
export const emoji: readonly string[] =
  '👩‍👩‍👧‍👦 🏳️‍🌈 🧑🏿‍🚀 ❤️‍🔥 👍🏽 🇯🇵 🇧🇷 🇩🇪 🏴󠁧󠁢󠁳󠁣󠁴󠁿 1️⃣ 😂 😭 ✨ 🫠 🌱 ☕️ 🐈‍⬛ 🙏 🎉 👀'.split(' ');
