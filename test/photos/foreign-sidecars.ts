/** Sidecars in the shapes that programs publish. */

/** darktable: attributes, history as structures, masks, tags in paths, single quotes nowhere. */
export const DARKTABLE = `<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:darktable="http://darktable.sf.net/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
   exif:DateTimeOriginal="2024:05:03 18:20:00.000"
   xmp:Rating="3"
   xmpMM:DerivedFrom="a.cr2"
   darktable:import_timestamp="63851000000000000"
   darktable:xmp_version="5"
   darktable:raw_params="0"
   darktable:auto_presets_applied="1"
   darktable:history_end="2"
   darktable:iop_order_version="4">
   <darktable:masks_history>
    <rdf:Seq/>
   </darktable:masks_history>
   <darktable:history>
    <rdf:Seq>
     <rdf:li
      darktable:num="0"
      darktable:operation="rawprepare"
      darktable:enabled="1"
      darktable:modversion="2"
      darktable:params="000000000000000000000000000000000002000200020002003f0000"
      darktable:multi_name=""
      darktable:blendop_params="gz14eJxjYIAACQYYOOHEgAYY0QVwggZ7CB6pfOygYtaVAyCMi48L/AcCEA0AnwMWkA=="/>
     <rdf:li
      darktable:num="1"
      darktable:operation="exposure"
      darktable:multi_name="line one&#10;line two"
      darktable:params="00000000000080b9333333bf00004842000080c0"/>
    </rdf:Seq>
   </darktable:history>
   <dc:subject>
    <rdf:Seq>
     <rdf:li>holiday</rdf:li>
    </rdf:Seq>
   </dc:subject>
   <lr:hierarchicalSubject>
    <rdf:Seq>
     <rdf:li>events|holiday</rdf:li>
    </rdf:Seq>
   </lr:hierarchicalSubject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
`;

/** digiKam: ratings for several programs, a qualified title, TagsList, and faces. */
export const DIGIKAM = `<?xml version="1.0" encoding="UTF-8"?>
<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/"
    xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
    xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
    xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
   digiKam:PickLabel="0"
   digiKam:ColorLabel="2"
   MicrosoftPhoto:Rating="50"
   acdsee:categories="&lt;Categories&gt;&lt;Category Assigned=&quot;1&quot;&gt;Family&lt;/Category&gt;&lt;/Categories&gt;"
   tiff:Orientation="1">
   <digiKam:TagsList>
    <rdf:Seq>
     <rdf:li>Family/Anna</rdf:li>
     <rdf:li>Places/Bergen</rdf:li>
    </rdf:Seq>
   </digiKam:TagsList>
   <dc:subject>
    <rdf:Bag>
     <rdf:li>Anna</rdf:li>
     <rdf:li>Bergen</rdf:li>
    </rdf:Bag>
   </dc:subject>
   <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:RegionList>
     <rdf:Bag>
      <rdf:li>
       <rdf:Description
        mwg-rs:Name="Anna"
        mwg-rs:Type="Face">
       <mwg-rs:Area
        stArea:x="0.31"
        stArea:unit="normalized"/>
       </rdf:Description>
      </rdf:li>
     </rdf:Bag>
    </mwg-rs:RegionList>
   </mwg-rs:Regions>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;

/** Lightroom: camera raw settings as attributes, an edit history, Windows line ends. */
export const LIGHTROOM =
  `<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0-c000 1.000000, 0000/00/00-00:00:00        ">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
   xmp:CreatorTool="Adobe Photoshop Lightroom Classic 13.0"
   xmp:MetadataDate="2024-05-04T10:00:00+02:00"
   dc:format="image/x-canon-cr2"
   photoshop:SidecarForExtension="CR2"
   photoshop:City="Bergen"
   crs:Version="16.0"
   crs:Exposure2012="+0.35"
   crs:ToneCurveName2012="Linear">
   <dc:creator>
    <rdf:Seq>
     <rdf:li>Ole</rdf:li>
    </rdf:Seq>
   </dc:creator>
   <xmpMM:History>
    <rdf:Seq>
     <rdf:li
      stEvt:action="saved"
      stEvt:when="2024-05-04T10:00:00+02:00"/>
    </rdf:Seq>
   </xmpMM:History>
   <crs:ToneCurvePV2012>
    <rdf:Seq>
     <rdf:li>0, 0</rdf:li>
     <rdf:li>255, 255</rdf:li>
    </rdf:Seq>
   </crs:ToneCurvePV2012>
   <crs:Look>
    <rdf:Description
     crs:Name="Adobe Color">
    <crs:Parameters>
     <rdf:Description
      crs:Version="16.0"/>
    </crs:Parameters>
    </rdf:Description>
   </crs:Look>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
`.replaceAll('\n', '\r\n');

/** Capture One: one description for each namespace, other prefixes, no blanks, a comment. */
export const CAPTURE_ONE = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<!-- Capture One -->
<x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='XMP Core 5.5.0'><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description r:about='' xmlns:xap='http://ns.adobe.com/xap/1.0/' xap:Rating='4'/><r:Description r:about='' xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/'><photoshop:Urgency>2</photoshop:Urgency></r:Description><r:Description r:about='' xmlns:DC='http://purl.org/dc/elements/1.1/'><DC:rights><r:Alt><r:li xml:lang='x-default'>© Ole &amp; Co</r:li></r:Alt></DC:rights></r:Description></r:RDF></x:xmpmeta>`;
