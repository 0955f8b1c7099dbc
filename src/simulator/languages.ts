/** What made-up people write: sentences and tags of several languages. `{n}` becomes a number. */
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
    52,
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
    15,
    '猫 写真 今日のごはん イラスト',
    `駅前のパン屋さん、今日はメロンパンが{n}個も残っていた。
    雨の音を聞きながら本を読むのがいちばん落ち着く。
    うちの猫が新しい箱を気に入ったらしくて、もう三時間も出てこない。
    おはようございます!今日もゆっくりいきましょう。
    夕焼けがきれいだったので、遠回りして帰りました。
    原稿が終わらない……でもお茶がおいしい。`,
  ),
  language(
    'pt',
    8,
    'música bomdia futebol café',
    `O ônibus atrasou {n} minutos e ainda assim cheguei antes de todo mundo.
    Hoje o café ficou tão bom que eu quase liguei para a minha avó contar.
    Alguém mais acha que domingo deveria ter mais horas?
    Terminei a série e agora não sei o que fazer da vida.
    Choveu, a luz caiu e a vizinha trouxe bolo: noite perfeita.
    bom dia, menos para quem inventou a reunião das oito`,
  ),
  language(
    'de',
    5,
    'Garten Fahrrad Feierabend Bücher',
    `Das Straßenfest war schön, nur die Blaskapelle hat {n} Mal dasselbe Stück gespielt.
    Wer hat eigentlich beschlossen, dass Montage so früh anfangen müssen?
    Im Garten blüht jetzt alles gleichzeitig, als hätten sich die Pflanzen abgesprochen.
    Ich übe das Wort „Eichhörnchen“ mit meiner Nachbarin, und wir scheitern beide fröhlich.
    Feierabend, Tee, Füße hoch.
    Die Bahn war pünktlich. Ich wiederhole: Die Bahn war pünktlich.`,
  ),
  language(
    'es',
    4,
    'lectura cocina montaña',
    `¿Por qué el pan siempre se acaba cuando llueve?
    Llevo {n} páginas y ya quiero que no termine nunca.
    Mi sobrina dice que la luna nos sigue porque le caemos bien.
    La excursión de hoy: mucho barro, poca vista y la mejor compañía.
    Señal de que es viernes: nadie contesta correos.
    mañana será otro día, pero la siesta es ahora`,
  ),
  language(
    'ko',
    4,
    '일상 커피 고양이',
    `오늘은 버스에서 자리에 앉았다. 좋은 하루가 될 것 같다.
    커피를 {n}잔째 마시고 있는데 아직도 졸리다.
    고양이가 키보드 위에서 자서 일을 못 하고 있어요.
    비 오는 날에는 역시 파전이지.
    주말에 읽은 책이 너무 좋아서 친구에게도 선물했다.`,
  ),
  language(
    'fr',
    4,
    'lecture vélo marché',
    `Le marché sentait la pluie et les fraises, j’ai acheté {n} choses inutiles.
    Personne ne m’avait dit qu’apprendre l’accordéon rendait populaire dans l’immeuble.
    C’est décidé : je ne réponds plus aux courriels avant dix heures.
    Petit rappel : boire de l’eau, étirer les épaules, pardonner à l’imprimante.
    Le chat a gagné. Le fauteuil est à lui.`,
  ),
  language(
    'ar',
    2,
    'قهوة كتب صباح_الخير',
    `صباح الخير، القهوة جاهزة والسماء صافية.
    قرأت {n} صفحة من الرواية ولم أستطع التوقف.
    المطر يغسل الشوارع والقلوب معًا.
    جدتي تقول إن الخبز لا يكذب أبدًا.`,
  ),
  language(
    'he',
    2,
    'ספרים קפה שבת',
    `בוקר טוב לכולם, חוץ מהשעון המעורר.
    האוטובוס איחר ב-{n} דקות, אבל הספר היה טוב.
    מישהו יודע למה החתול מביט בקיר כבר שעה?
    שתיתי קפה מול הים ושכחתי מהכול.`,
  ),
  language(
    'tr',
    1,
    'kitap çay',
    'Çay demlendi, yağmur başladı, kitap açıldı.\nİğde kokusu bütün sokağı sarmış.',
  ),
  language(
    'uk',
    1,
    'ранок книги',
    'Доброго ранку, сьогодні знову сонце.\nПрочитала {n} сторінок за вечір і не шкодую.',
  ),
  language(
    'hi',
    1,
    'चाय किताबें',
    'बारिश, चाय और पुरानी किताबें, और क्या चाहिए।\nआज बस {n} मिनट देर से आई, फिर भी दिन अच्छा रहा।',
  ),
  language('zh', 1, '日常 读书', '今天的晚霞像打翻的颜料盘。\n楼下的猫又来了,这是第{n}次。'),
];

/** Joined with zero-width joiners, coloured by modifiers, made of two letters, or plain. */
export const emoji: readonly string[] =
  '👩‍👩‍👧‍👦 🏳️‍🌈 🧑🏿‍🚀 ❤️‍🔥 👍🏽 🇯🇵 🇧🇷 🇩🇪 🏴󠁧󠁢󠁳󠁣󠁴󠁿 1️⃣ 😂 😭 ✨ 🫠 🌱 ☕️ 🐈‍⬛ 🙏 🎉 👀'.split(' ');
