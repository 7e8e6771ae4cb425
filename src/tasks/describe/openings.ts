import type { Rule } from './rules.js';

/** How a description begins that talks of the picture instead of what it shows, by language. */
const imageOf = {
  en: [
    /^(?:(?:this|it|here)(?: is|['’]s) )?(?:an? |the |this )?(?:close-up |colou?r |black[- ]and[- ]white )?(?:image|picture|photo|photograph|pic|snapshot) (?:is )?(?:of|(?:that |which )?(?:shows|depicts|features|captures|displays|portrays|presents|contains|illustrates)|showing|depicting|featuring|capturing|displaying|portraying)(?!\p{L})/iu,
    /^in (?:this|the) (?:image|picture|photo|photograph)(?!\p{L}| frame)/iu,
  ],
  de: [
    /^(?:(?:dies|das|hier|es) ist )?(?:eine? |das |die |dieses |diese )?(?:bild|foto|photo|fotografie|aufnahme|abbildung) (?:von|vom|eine[sr]|der|des|mit|zeigt)(?!\p{L})/iu,
    /^(?:auf|in) (?:dem|diesem|der|dieser) (?:bild|foto|photo|fotografie|aufnahme|abbildung)(?!\p{L})/iu,
  ],
  fr: [
    /^(?:c['’]est |voici )?(?:une |la |cette |l['’])?(?:image|photo|photographie) (?:d['’]|(?:de|du|des|qui|montrant|montre|représentant|représente)(?!\p{L}))/iu,
    /^(?:sur|dans) (?:cette |la |l['’])(?:image|photo|photographie)(?!\p{L})/iu,
  ],
  es: [
    /^(?:est[ao] es |es )?(?:una |la |esta )?(?:imagen|foto|fotografía) (?:de|del|que|muestra|mostrando|donde)(?!\p{L})/iu,
    /^en (?:la|esta) (?:imagen|foto|fotografía)(?!\p{L})/iu,
  ],
  it: [
    /^(?:questa è )?(?:una |la |questa |un['’]|l['’]|quest['’])?(?:immagine|foto|fotografia) (?:d['’]|dell['’]|(?:di|del|dello|della|dei|degli|delle|che|mostra|ritrae|raffigura)(?!\p{L}))/iu,
    /^(?:in questa |in quest['’]|nella |nell['’])(?:immagine|foto|fotografia)(?!\p{L})/iu,
  ],
  pt: [
    /^(?:esta é )?(?:uma |a |esta |essa )?(?:imagem|foto|fotografia) (?:de|do|da|dos|das|que|mostra|mostrando|retrata)(?!\p{L})/iu,
    /^(?:na|nesta|nessa) (?:imagem|foto|fotografia)(?!\p{L})/iu,
  ],
} as const satisfies Record<string, readonly RegExp[]>;

/** Talk before the answer: a word of assent, a sentence that announces it, or a label. */
const preambles: readonly RegExp[] = [
  /^¡?(?:sure(?: thing)?|certainly|of course|absolutely|gerne|natürlich|klar|selbstverständlich|bien sûr|claro|por supuesto|certo|certamente|com certeza)(?:\s?!|[,.:] )/iu,
  /^(?:(?:okay|ok|great)[!,.] )?(?:here(?: is| are|['’]s)|below is|the following is|hier (?:ist|sind)|voici|aquí (?:está|tienes?)|ecco|aqui está)(?=[^:：\n]{0,120}(?:caption|alt|text|title|description|summary|answer|image|picture|photo|schrift|titel|beschreibung|légende|titre|pie de foto|título|didascalia|titolo|legenda|descri))[^:：\n]{0,120}[:：\n]/iu,
  /^(?:(?:okay|ok|great)[!,.] )?here you (?:go|are)[!.:]/iu,
  /^(?:以下|こちら)[^:：。\n]{0,60}[:：\n]/u,
  /^(?:caption|alt(?:ernative)?(?:[- ]text)?|title|(?:(?:image|product) )?description|image|picture|photo|answer|output|bildunterschrift|alternativtext|titel|(?:bild|produkt)?beschreibung|légende|texte alternatif|titre|pie de foto|texto alternativo|título|descripción|didascalia|testo alternativo|titolo|descrizione|legenda|descrição)[^\S\n]?[:：=]/iu,
];

/** The same of a copy of a picture's text, which may itself begin with nearly anything. */
const transcriptPreambles: readonly RegExp[] = [
  /^(?:(?:sure|certainly|of course|okay)[!,.]\s)?(?:here(?: is| are|['’]s)|below is|the following is|hier ist|voici|aquí está|ecco|aqui está)(?: [\p{L}]+){0,3} (?:text|transcription|transcript|transkription|texte|texto|testo|transcripción|trascrizione|transcrição)(?!\p{L})[^:：\n]{0,80}[:：\n]/iu,
  /^(?:the|all) (?:visible )?text (?:in|on|from|of) (?:the|this) (?:image|picture|photo)(?!\p{L})[^:：\n]{0,40}[:：]/iu,
];

/** No "image of": a reader knows already that it is one. */
export const noImageOf: Rule = (text) => {
  const words = text.normalize('NFC').replace(/\s+/g, ' ');
  return beginning(words, Object.values(imageOf).flat());
};

export const noPreamble: Rule = (text) => beginning(text.normalize('NFC'), preambles);

export const noTranscriptPreamble: Rule = (text) =>
  beginning(text.trimStart().normalize('NFC'), transcriptPreambles);

function beginning(text: string, openings: readonly RegExp[]): string | undefined {
  for (const opening of openings) {
    const [found] = opening.exec(text) ?? [];
    if (found !== undefined) return `it begins with "${found.trim()}"`;
  }
  return undefined;
}
