use expect_test::expect;

use crate::play::play;

#[test]
fn set_and_get() {
    expect![[r#"
        > get a
        (nil)
        > set a 1
        OK
        > get a
        "1"
        > set a "\xff\r\n" px 100
        OK
        > get a
        "\xff\r\n"
        > +100
        > get a
        "\xff\r\n"
        > +1
        > get a
        (nil)
        > set a 1 xx
        (nil)
        > set a 1 nx ex 1
        OK
        > set a 2 nx
        (nil)
        > set a 3 keepttl get
        "1"
        > +1001
        > get a
        (nil)
        > set a 1 ex 0
        (error) ERR invalid expire time in 'set' command
        > set a 1 ex 1 px 1
        (error) ERR syntax error
        > set a 1 ex x
        (error) ERR value is not an integer or out of range
        > set a 1 ex 9223372036854775807
        (error) ERR invalid expire time in 'set' command
        > set a 1 nx xx
        (error) ERR syntax error
        > set a 1 keepttl ex 1
        (error) ERR syntax error
        > set a
        (error) ERR wrong number of arguments for 'set' command
        > hset h f v
        (integer) 1
        > get h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set h 1 get
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set h 1
        OK
        > get h
        "1"
    "#]]
    .assert_eq(&play(
        r#"
        get a
        set a 1
        get a
        set a "\xff\r\n" px 100
        get a
        +100
        get a
        +1
        get a
        set a 1 xx
        set a 1 nx ex 1
        set a 2 nx
        set a 3 keepttl get
        +1001
        get a
        set a 1 ex 0
        set a 1 ex 1 px 1
        set a 1 ex x
        set a 1 ex 9223372036854775807
        set a 1 nx xx
        set a 1 keepttl ex 1
        set a
        hset h f v
        get h
        set h 1 get
        set h 1
        get h
    "#,
    ));
}

#[test]
fn set_takes_conditions() {
    expect![[r#"
        > set a 1 ex 10 ex 20
        OK
        > set a 1 xx xx
        OK
        > set a 2 ifeq 2
        (nil)
        > set a 2 ifeq 1
        OK
        > set a 3 ifeq 2 get
        "2"
        > set a 4 ifeq 2 get
        "3"
        > get a
        "3"
        > set a 4 ifeq 3 ex 0
        (error) ERR invalid expire time in 'set' command
        > set a 4 ifeq 3 nx
        (error) ERR syntax error
        > set a 4 nx ifeq 3
        (error) ERR syntax error
        > set a 4 ifeq 3 ifeq 3
        (error) ERR syntax error
        > set a 4 ifeq
        (error) ERR syntax error
        > set b 1 ifeq 1
        (nil)
        > set b 1 ifeq 1 get
        (nil)
        > set b 1 ifeq ""
        (nil)
        > hset h f v
        (integer) 1
        > set h 1 ifeq 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set h 1 ifeq 1 get
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set h 1 nx get
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set h 1 xx get
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set h 1 nx
        (nil)
        > set c 1 get
        (nil)
        > set c 2 get nx
        "1"
        > set c 2 get xx
        "1"
        > get c
        "2"
        > set d 1 exat 1
        OK
        > get d
        (nil)
        > set d 1 pxat 1 get
        (nil)
        > get d
        (nil)
        > set d 1 persist
        (error) ERR syntax error
        > delifeq a 2
        (integer) 0
        > delifeq a 3
        (integer) 1
        > delifeq a 3
        (integer) 0
        > delifeq h 3
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > delifeq a
        (error) ERR wrong number of arguments for 'delifeq' command
        > get a
        (nil)
    "#]]
    .assert_eq(&play(
        r#"
        set a 1 ex 10 ex 20
        set a 1 xx xx
        set a 2 ifeq 2
        set a 2 ifeq 1
        set a 3 ifeq 2 get
        set a 4 ifeq 2 get
        get a
        set a 4 ifeq 3 ex 0
        set a 4 ifeq 3 nx
        set a 4 nx ifeq 3
        set a 4 ifeq 3 ifeq 3
        set a 4 ifeq
        set b 1 ifeq 1
        set b 1 ifeq 1 get
        set b 1 ifeq ""
        hset h f v
        set h 1 ifeq 1
        set h 1 ifeq 1 get
        set h 1 nx get
        set h 1 xx get
        set h 1 nx
        set c 1 get
        set c 2 get nx
        set c 2 get xx
        get c
        set d 1 exat 1
        get d
        set d 1 pxat 1 get
        get d
        set d 1 persist
        delifeq a 2
        delifeq a 3
        delifeq a 3
        delifeq h 3
        delifeq a
        get a
    "#,
    ));
}

#[test]
fn append_makes_longer() {
    expect![[r#"
        > append a 1
        (integer) 1
        > append a 2
        (integer) 2
        > append a ""
        (integer) 2
        > append b ""
        (integer) 0
        > append b x
        (integer) 1
        > incr a
        (integer) 13
        > append a z
        (integer) 3
        > get a
        "13z"
        > strlen a
        (integer) 3
        > strlen x
        (integer) 0
        > append a
        (error) ERR wrong number of arguments for 'append' command
        > hset h f v
        (integer) 1
        > append h x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > strlen h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set t x px 100
        OK
        > append t y
        (integer) 2
        > +101
        > get t
        (nil)
        > append t z
        (integer) 1
    "#]]
    .assert_eq(&play(
        r#"
        append a 1
        append a 2
        append a ""
        append b ""
        append b x
        incr a
        append a z
        get a
        strlen a
        strlen x
        append a
        hset h f v
        append h x
        strlen h
        set t x px 100
        append t y
        +101
        get t
        append t z
    "#,
    ));
}

#[test]
fn numbers_are_counted() {
    expect![[r#"
        > incr a
        (integer) 1
        > incrby a 41
        (integer) 42
        > decr a
        (integer) 41
        > decrby a 1
        (integer) 40
        > get a
        "40"
        > incrby a -41
        (integer) -1
        > decrby a -9223372036854775807
        (integer) 9223372036854775806
        > incr a
        (integer) 9223372036854775807
        > incr b
        (integer) 1
        > incrby b 9223372036854775807
        (error) ERR increment or decrement would overflow
        > decrby a -9223372036854775808
        (error) ERR decrement would overflow
        > decrby c -9223372036854775807
        (integer) 9223372036854775807
        > incrby c 1
        (error) ERR increment or decrement would overflow
        > decrby d 9223372036854775807
        (integer) -9223372036854775807
        > decr d
        (integer) -9223372036854775808
        > decr d
        (error) ERR increment or decrement would overflow
        > get d
        "-9223372036854775808"
        > incrby a x
        (error) ERR value is not an integer or out of range
        > incrby a 1.0
        (error) ERR value is not an integer or out of range
        > incrby a ""
        (error) ERR value is not an integer or out of range
        > decrby a x
        (error) ERR value is not an integer or out of range
        > set s " 1"
        OK
        > incr s
        (error) ERR value is not an integer or out of range
        > set s 01
        OK
        > incr s
        (error) ERR value is not an integer or out of range
        > set s ""
        OK
        > incr s
        (error) ERR value is not an integer or out of range
        > hset h f v
        (integer) 1
        > incr h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > decrby h 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > incr
        (error) ERR wrong number of arguments for 'incr' command
        > incrby a
        (error) ERR wrong number of arguments for 'incrby' command
        > set t 1 px 100
        OK
        > incr t
        (integer) 2
        > +50
        > get t
        "2"
        > +60
        > get t
        (nil)
    "#]]
    .assert_eq(&play(
        r#"
        incr a
        incrby a 41
        decr a
        decrby a 1
        get a
        incrby a -41
        decrby a -9223372036854775807
        incr a
        incr b
        incrby b 9223372036854775807
        decrby a -9223372036854775808
        decrby c -9223372036854775807
        incrby c 1
        decrby d 9223372036854775807
        decr d
        decr d
        get d
        incrby a x
        incrby a 1.0
        incrby a ""
        decrby a x
        set s " 1"
        incr s
        set s 01
        incr s
        set s ""
        incr s
        hset h f v
        incr h
        decrby h 1
        incr
        incrby a
        set t 1 px 100
        incr t
        +50
        get t
        +60
        get t
    "#,
    ));
}

#[test]
fn fractions_are_added() {
    expect![[r#"
        > set a 10.50
        OK
        > incrbyfloat a 0.1
        "10.6"
        > incrbyfloat a -5
        "5.6"
        > incrbyfloat a 5.0e3
        "5005.60000000000000009"
        > incrbyfloat a -0
        "5005.60000000000000009"
        > incrbyfloat b 3.0e3
        "3000"
        > incrbyfloat c 0.1
        "0.1"
        > incrbyfloat c 0.2
        "0.3"
        > incrbyfloat d 1e-17
        "0.00000000000000001"
        > incrbyfloat d 5e-18
        "0.00000000000000002"
        > incrbyfloat d -2e-17
        "0"
        > incrbyfloat e 100000000000000000000000.1
        "100000000000000000000000"
        > incrbyfloat e -1
        "100000000000000000000000"
        > incrbyfloat f 1e4931
        "100000000000000000000601894938796389132383777425453311477378504135253301948660872240753332777943314277366652556366627768206186090644046033662341616493109754210865362373994723782427360775564628207733774677062828108346124470945764363340927284485142091466676540833985649773830675645413703761844047618298286595405404632090829955594232130250332060208007020820362392107915188146020374501477493162049003039499871931261465406408137349324887712089245518638375343919787097804150279771688019395540310772191163864625693948419729312816032948236099699577948922485926403414694908719482079422243368784928456198723013400630541455362632361486447956507939005276198063346364012897969661536254550760830396055383086614559264437228910291860269674176774129715399835926313589798584969763867831058680372002464759306604407032376174743937515194999419152887617227403456123846568953091400249620854748845224921982104921769035924659432618853720084602547693685670772698642580430405368831757238029269088045467785221045879073317742109896534638384553301619296565337753342109755377320210545255958936022773255084354571746971521129302927710064995157927946321287522876870082727462995133158499420324370841219094831561479864172105415839735139574775854832875427053422572136164035622781608009489243336690241745424238262923227754402660964025532555781432158032534035233066061764232669614025723955254912107198518944384677762333488192918977370700840346659520483873362163327338363194485698948413844497838665605875531084883368979189648499884755036426410480080057824551176259469116154573089131974410795389799310100821760126931062989030835789379334434007283778271641052081864009977109440177202473108483586068993653303572685417539619535176809651931094463144592363805321457599337846877529286587143574224977797982277501432447584589961509638007989909953845312104385182134917837173664070264530428425488543761144169036061646636820219430776946220996338769044657669196955157104194128830264891282734519428627112223034782324607349828515370857950006265622271495411332929395334649561594778409117588355498811716738765068152578136186445036499260507912977060479329107655966804115355825476577428883133065867691029650653834398269907682414770607740118550133705367687544086311363017206790222383783852580218140600394260650760982632001519380763303558666153915042560594069176863784581543418458525591507408131725031957270037057987797717764434520593350585037421277906483714624276503471456946430686578482993644575489382521399571013756775034255676232913797338791304730055484173750680015498419868692396528614707927320356100464736528604987679078828830113005043720748906779884207844336016777224583410362930104134525212274343750193525437075704987852683828381070534301015328398595855074166137400121232317256223003729059767502927886548957026880361800152028074858848185863233214542218152450097053373885865288162573815895584046933483010636624326221042921025817397818652220830681420703883159033262215546415921619300547880931377266140644932198952990899040759971726535488708102762241216576479310624630991098475786962798270088505525990097356712849843778267149261035108885827146338749583302181931854870555860639584607039050032320463633938365552812365743811522503543394754387680531778149269129577241040374645677417566688450317550441527082425875030565378847388267103834048127818864801364745019043146973727700800304120469385915354405805910838451654126152112708811640234967915131722739518362849092216133642975738669840192868232365705692475864879384879982290760667907128096439354132512923168245666912345014087912013793154865253760150865620918348692838451584297376016360175623069782677923727507847182425866438213375987615153753259842952199975843101808700181748530091947958317104996778132220293686464878074402536145294711777670112921004987255531646720466847098913020373339134950170871318124406892119958731482397456823417479242913979908858779466652876998660282037596804544520921987559667887791210333694989414237817364869213085417789802019462967031110199493815703876595701479205617373962361487155731771445359733620206877493508640938641422337514176560175826841876411465105308828100924824611019508436446892683757299287011041141487877061639781733452936740323806169963208929354311818529988128046348180069620196672351192255607848383932506741556263305744840874654180859034222847696441668105587556178181000593632819184481591565871968352284597990101833505000624639202765714958033231973966037670718042916628065825843477336276456327713422052577986989383282486642290992848493937496407138624808859240814272364653380188286173620599278196536009000080282140876378764102343765311926375728021277369465521350707571762252116022718715763163558368213008936468254300729204200997615013518941592341324410000642108281739498830026573442267754810074182968284266833447231492870296861620469171736679864291614647301836337052342720341657925081157790098598095740483001940360036186052098593797350695655773975474178335472858935087637937116314108653841811379188662272"
        > incrbyfloat g 0x1.8p1
        "3"
        > incrbyfloat g .5
        "3.5"
        > incrbyfloat g 5.
        "8.5"
        > incrbyfloat g inf
        (error) ERR increment would produce NaN or Infinity
        > incrbyfloat g -Infinity
        (error) ERR increment would produce NaN or Infinity
        > incrbyfloat g nan
        (error) ERR value is not a valid float
        > incrbyfloat g ""
        (error) ERR value is not a valid float
        > incrbyfloat g " 1"
        (error) ERR value is not a valid float
        > incrbyfloat g "1 "
        (error) ERR value is not a valid float
        > incrbyfloat g 1e
        (error) ERR value is not a valid float
        > incrbyfloat g 1e5000
        (error) ERR value is not a valid float
        > incrbyfloat g 1e-5000
        (error) ERR value is not a valid float
        > incrbyfloat g x
        (error) ERR value is not a valid float
        > get g
        "8.5"
        > set s x
        OK
        > incrbyfloat s 1
        (error) ERR value is not a valid float
        > set s inf
        OK
        > incrbyfloat s 1
        (error) ERR increment would produce NaN or Infinity
        > set big 1.1e4932
        OK
        > incrbyfloat big 1.1e4932
        (error) ERR increment would produce NaN or Infinity
        > hset h f v
        (integer) 1
        > incrbyfloat h 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > incrbyfloat h
        (error) ERR wrong number of arguments for 'incrbyfloat' command
        > incrbyfloat c 1
        "1.3"
        > set t 1 px 100
        OK
        > incrbyfloat t 1
        "2"
        > +101
        > get t
        (nil)
    "#]].assert_eq(&play(
        r#"
        set a 10.50
        incrbyfloat a 0.1
        incrbyfloat a -5
        incrbyfloat a 5.0e3
        incrbyfloat a -0
        incrbyfloat b 3.0e3
        incrbyfloat c 0.1
        incrbyfloat c 0.2
        incrbyfloat d 1e-17
        incrbyfloat d 5e-18
        incrbyfloat d -2e-17
        incrbyfloat e 100000000000000000000000.1
        incrbyfloat e -1
        incrbyfloat f 1e4931
        incrbyfloat g 0x1.8p1
        incrbyfloat g .5
        incrbyfloat g 5.
        incrbyfloat g inf
        incrbyfloat g -Infinity
        incrbyfloat g nan
        incrbyfloat g ""
        incrbyfloat g " 1"
        incrbyfloat g "1 "
        incrbyfloat g 1e
        incrbyfloat g 1e5000
        incrbyfloat g 1e-5000
        incrbyfloat g x
        get g
        set s x
        incrbyfloat s 1
        set s inf
        incrbyfloat s 1
        set big 1.1e4932
        incrbyfloat big 1.1e4932
        hset h f v
        incrbyfloat h 1
        incrbyfloat h
        3
        incrbyfloat c 1
        2
        set t 1 px 100
        incrbyfloat t 1
        +101
        get t
    "#,
    ));
}

#[test]
fn get_and_more() {
    expect![[r#"
        > set a 1
        OK
        > getdel a
        "1"
        > getdel a
        (nil)
        > getset a 1
        (nil)
        > getset a 2
        "1"
        > get a
        "2"
        > set b 1 px 100
        OK
        > getset b 2
        "1"
        > +101
        > get b
        "2"
        > getex b px 100
        "2"
        > +101
        > get b
        (nil)
        > set c 1
        OK
        > getex c
        "1"
        > getex c ex 100 ex 200
        "1"
        > getex c ex 10 px 10
        (error) ERR syntax error
        > getex c persist ex 10
        (error) ERR syntax error
        > getex c ex 10 persist
        (error) ERR syntax error
        > getex c ex
        (error) ERR syntax error
        > getex c ex 0
        (error) ERR invalid expire time in 'getex' command
        > getex c ex x
        (error) ERR value is not an integer or out of range
        > getex c px -1
        (error) ERR invalid expire time in 'getex' command
        > getex c keepttl
        (error) ERR syntax error
        > getex c persist
        "1"
        > getex c pxat 1
        "1"
        > getex c
        (nil)
        > getex c ex 0
        (nil)
        > getex c exat 99999999999
        (nil)
        > setex c 100 x
        OK
        > getex c persist
        "x"
        > hset h f v
        (integer) 1
        > getdel h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > getset h 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > getex h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > getex h ex 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > getdel
        (error) ERR wrong number of arguments for 'getdel' command
        > getset a
        (error) ERR wrong number of arguments for 'getset' command
        > getex
        (error) ERR wrong number of arguments for 'getex' command
    "#]]
    .assert_eq(&play(
        r#"
        set a 1
        getdel a
        getdel a
        getset a 1
        getset a 2
        get a
        set b 1 px 100
        getset b 2
        +101
        get b
        getex b px 100
        +101
        get b
        set c 1
        getex c
        getex c ex 100 ex 200
        getex c ex 10 px 10
        getex c persist ex 10
        getex c ex 10 persist
        getex c ex
        getex c ex 0
        getex c ex x
        getex c px -1
        getex c keepttl
        getex c persist
        getex c pxat 1
        getex c
        getex c ex 0
        getex c exat 99999999999
        setex c 100 x
        getex c persist
        hset h f v
        getdel h
        getset h 1
        getex h
        getex h ex 0
        getdel
        getset a
        getex
    "#,
    ));
}

#[test]
fn several_keys() {
    expect![[r#"
        > mset a 1 b 2 a 3
        OK
        > mget a b c h a
        1) "3"
        2) "2"
        3) (nil)
        4) (nil)
        5) "3"
        > hset h f v
        (integer) 1
        > mget h a
        1) (nil)
        2) "3"
        > mset h 1 i
        (error) ERR wrong number of arguments for 'mset' command
        > mset h 1
        OK
        > get h
        "1"
        > msetnx a 1 x 2
        (integer) 0
        > get x
        (nil)
        > msetnx x 1 y 2 x 3
        (integer) 1
        > mget x y
        1) "3"
        2) "2"
        > msetnx x
        (error) ERR wrong number of arguments for 'msetnx' command
        > msetnx z 1 q
        (error) ERR wrong number of arguments for 'msetnx' command
        > setnx a 9
        (integer) 0
        > setnx z 9
        (integer) 1
        > get z
        "9"
        > mget
        (error) ERR wrong number of arguments for 'mget' command
        > mget a none
        1) "3"
        2) (nil)
    "#]]
    .assert_eq(&play(
        r#"
        mset a 1 b 2 a 3
        mget a b c h a
        hset h f v
        mget h a
        mset h 1 i
        mset h 1
        get h
        msetnx a 1 x 2
        get x
        msetnx x 1 y 2 x 3
        mget x y
        msetnx x
        msetnx z 1 q
        setnx a 9
        setnx z 9
        get z
        mget
        3
        mget a none
    "#,
    ));
}

#[test]
fn strings_that_expire() {
    expect![[r#"
        > setex a 1 x
        OK
        > psetex b 500 y
        OK
        > mget a b
        1) "x"
        2) "y"
        > +501
        > mget a b
        1) "x"
        2) (nil)
        > +501
        > mget a b
        1) (nil)
        2) (nil)
        > setex a 0 x
        (error) ERR invalid expire time in 'setex' command
        > setex a -1 x
        (error) ERR invalid expire time in 'setex' command
        > setex a x y
        (error) ERR value is not an integer or out of range
        > setex a 9223372036854775807 x
        (error) ERR invalid expire time in 'setex' command
        > psetex a 0 x
        (error) ERR invalid expire time in 'psetex' command
        > psetex a 9223372036854775807 x
        (error) ERR invalid expire time in 'psetex' command
        > setex a 1
        (error) ERR wrong number of arguments for 'setex' command
        > psetex a 1
        (error) ERR wrong number of arguments for 'psetex' command
        > hset h f v
        (integer) 1
        > setex h 100 v
        OK
        > get h
        "v"
        > setnx a 1
        (integer) 1
    "#]]
    .assert_eq(&play(
        r#"
        setex a 1 x
        psetex b 500 y
        mget a b
        +501
        mget a b
        +501
        mget a b
        setex a 0 x
        setex a -1 x
        setex a x y
        setex a 9223372036854775807 x
        psetex a 0 x
        psetex a 9223372036854775807 x
        setex a 1
        psetex a 1
        hset h f v
        setex h 100 v
        get h
        setnx a 1
    "#,
    ));
}

#[test]
fn parts_are_read_and_written() {
    expect![[r#"
        > setrange a 5 hello
        (integer) 10
        > get a
        "\x00\x00\x00\x00\x00hello"
        > setrange a 0 HELLO
        (integer) 10
        > get a
        "HELLOhello"
        > setrange a 3 ""
        (integer) 10
        > setrange b 3 ""
        (integer) 0
        > get b
        (nil)
        > setrange a 10 x
        (integer) 11
        > setrange a 20 y
        (integer) 21
        > get a
        "HELLOhellox\x00\x00\x00\x00\x00\x00\x00\x00\x00y"
        > setrange a -1 x
        (error) ERR offset is out of range
        > setrange a x x
        (error) ERR value is not an integer or out of range
        > setrange a 536870912 x
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > setrange a 536870911 xx
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > setrange a 9223372036854775807 x
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > setrange a 9223372036854775808 x
        (error) ERR value is not an integer or out of range
        > setrange b 536870912 x
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > setrange b 536870912 ""
        (integer) 0
        > set c "Hello World"
        OK
        > getrange c 0 4
        "Hello"
        > getrange c -5 -1
        "World"
        > getrange c 0 -1
        "Hello World"
        > getrange c 0 -100
        "H"
        > getrange c -100 -99
        "H"
        > getrange c -99 -100
        ""
        > getrange c -1 -3
        ""
        > getrange c 5 3
        ""
        > getrange c 10 100
        "d"
        > getrange c 11 12
        ""
        > getrange c 0 9223372036854775807
        "Hello World"
        > getrange c -9223372036854775808 9223372036854775807
        "Hello World"
        > getrange x 0 1
        ""
        > getrange c x 1
        (error) ERR value is not an integer or out of range
        > getrange c 0 x
        (error) ERR value is not an integer or out of range
        > getrange c 0
        (error) ERR wrong number of arguments for 'getrange' command
        > substr c 1 2
        "el"
        > substr c 1
        (error) ERR wrong number of arguments for 'substr' command
        > hset h f v
        (integer) 1
        > getrange h 0 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > setrange h 0 x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > setrange h 0 ""
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set t abc px 100
        OK
        > setrange t 1 x
        (integer) 3
        > +101
        > get t
        (nil)
        > setrange t 1 x
        (integer) 2
        > get t
        "\x00x"
        > set e ""
        OK
        > getrange e 0 -1
        ""
    "#]]
    .assert_eq(&play(
        r#"
        setrange a 5 hello
        get a
        setrange a 0 HELLO
        get a
        setrange a 3 ""
        setrange b 3 ""
        get b
        setrange a 10 x
        setrange a 20 y
        get a
        setrange a -1 x
        setrange a x x
        setrange a 536870912 x
        setrange a 536870911 xx
        setrange a 9223372036854775807 x
        setrange a 9223372036854775808 x
        setrange b 536870912 x
        setrange b 536870912 ""
        set c "Hello World"
        getrange c 0 4
        getrange c -5 -1
        getrange c 0 -1
        getrange c 0 -100
        getrange c -100 -99
        getrange c -99 -100
        getrange c -1 -3
        getrange c 5 3
        getrange c 10 100
        getrange c 11 12
        getrange c 0 9223372036854775807
        getrange c -9223372036854775808 9223372036854775807
        getrange x 0 1
        getrange c x 1
        getrange c 0 x
        getrange c 0
        substr c 1 2
        substr c 1
        hset h f v
        getrange h 0 1
        setrange h 0 x
        setrange h 0 ""
        set t abc px 100
        setrange t 1 x
        +101
        get t
        setrange t 1 x
        get t
        set e ""
        getrange e 0 -1
    "#,
    ));
}

#[test]
fn common_subsequences() {
    expect![[r#"
        > mset a ohmytext b mynewtext
        OK
        > lcs a b
        "mytext"
        > lcs a b len
        (integer) 6
        > lcs a b idx
        1) "matches"
        2) 1) 1) 1) (integer) 4
                 2) (integer) 7
              2) 1) (integer) 5
                 2) (integer) 8
           2) 1) 1) (integer) 2
                 2) (integer) 3
              2) 1) (integer) 0
                 2) (integer) 1
        3) "len"
        4) (integer) 6
        > lcs a b idx minmatchlen 4
        1) "matches"
        2) 1) 1) 1) (integer) 4
                 2) (integer) 7
              2) 1) (integer) 5
                 2) (integer) 8
        3) "len"
        4) (integer) 6
        > lcs a b idx minmatchlen 4 withmatchlen
        1) "matches"
        2) 1) 1) 1) (integer) 4
                 2) (integer) 7
              2) 1) (integer) 5
                 2) (integer) 8
              3) (integer) 4
        3) "len"
        4) (integer) 6
        > lcs a b idx withmatchlen minmatchlen -1
        1) "matches"
        2) 1) 1) 1) (integer) 4
                 2) (integer) 7
              2) 1) (integer) 5
                 2) (integer) 8
              3) (integer) 4
           2) 1) 1) (integer) 2
                 2) (integer) 3
              2) 1) (integer) 0
                 2) (integer) 1
              3) (integer) 2
        3) "len"
        4) (integer) 6
        > lcs a b withmatchlen
        "mytext"
        > lcs a b idx len
        (error) ERR If you want both the length and indexes, please just use IDX.
        > lcs a b minmatchlen
        (error) ERR syntax error
        > lcs a b minmatchlen x
        (error) ERR value is not an integer or out of range
        > lcs a b x
        (error) ERR syntax error
        > lcs a x
        ""
        > lcs a x len
        (integer) 0
        > lcs a x idx
        1) "matches"
        2) (empty array)
        3) "len"
        4) (integer) 0
        > lcs x y idx withmatchlen
        1) "matches"
        2) (empty array)
        3) "len"
        4) (integer) 0
        > lcs a a idx
        1) "matches"
        2) 1) 1) 1) (integer) 0
                 2) (integer) 7
              2) 1) (integer) 0
                 2) (integer) 7
        3) "len"
        4) (integer) 8
        > lcs a b idx withmatchlen
        "matches" => 1) 1) 1) (integer) 4
                2) (integer) 7
             2) 1) (integer) 5
                2) (integer) 8
             3) (integer) 4
          2) 1) 1) (integer) 2
                2) (integer) 3
             2) 1) (integer) 0
                2) (integer) 1
             3) (integer) 2
        "len" => (integer) 6
        > mset c abcabcabc d cbacbacba
        OK
        > lcs c d
        "cbabc"
        > lcs c d idx withmatchlen
        1) "matches"
        2) 1) 1) 1) (integer) 8
                 2) (integer) 8
              2) 1) (integer) 6
                 2) (integer) 6
              3) (integer) 1
           2) 1) 1) (integer) 7
                 2) (integer) 7
              2) 1) (integer) 4
                 2) (integer) 4
              3) (integer) 1
           3) 1) 1) (integer) 6
                 2) (integer) 6
              2) 1) (integer) 2
                 2) (integer) 2
              3) (integer) 1
           4) 1) 1) (integer) 4
                 2) (integer) 4
              2) 1) (integer) 1
                 2) (integer) 1
              3) (integer) 1
           5) 1) 1) (integer) 2
                 2) (integer) 2
              2) 1) (integer) 0
                 2) (integer) 0
              3) (integer) 1
        3) "len"
        4) (integer) 5
        > lcs d c idx withmatchlen
        1) "matches"
        2) 1) 1) 1) (integer) 8
                 2) (integer) 8
              2) 1) (integer) 6
                 2) (integer) 6
              3) (integer) 1
           2) 1) 1) (integer) 7
                 2) (integer) 7
              2) 1) (integer) 4
                 2) (integer) 4
              3) (integer) 1
           3) 1) 1) (integer) 6
                 2) (integer) 6
              2) 1) (integer) 2
                 2) (integer) 2
              3) (integer) 1
           4) 1) 1) (integer) 4
                 2) (integer) 4
              2) 1) (integer) 1
                 2) (integer) 1
              3) (integer) 1
           5) 1) 1) (integer) 2
                 2) (integer) 2
              2) 1) (integer) 0
                 2) (integer) 0
              3) (integer) 1
        3) "len"
        4) (integer) 5
        > hset h f v
        (integer) 1
        > lcs a h
        (error) ERR The specified keys must contain string values
        > lcs h a x
        (error) ERR The specified keys must contain string values
        > lcs a
        (error) ERR wrong number of arguments for 'lcs' command
    "#]]
    .assert_eq(&play(
        r#"
        mset a ohmytext b mynewtext
        lcs a b
        lcs a b len
        lcs a b idx
        lcs a b idx minmatchlen 4
        lcs a b idx minmatchlen 4 withmatchlen
        lcs a b idx withmatchlen minmatchlen -1
        lcs a b withmatchlen
        lcs a b idx len
        lcs a b minmatchlen
        lcs a b minmatchlen x
        lcs a b x
        lcs a x
        lcs a x len
        lcs a x idx
        lcs x y idx withmatchlen
        lcs a a idx
        3
        lcs a b idx withmatchlen
        2
        mset c abcabcabc d cbacbacba
        lcs c d
        lcs c d idx withmatchlen
        lcs d c idx withmatchlen
        hset h f v
        lcs a h
        lcs h a x
        lcs a
    "#,
    ));
}

#[test]
fn strings_are_told_of() {
    expect![[r#"
        > set a 1
        OK
        * set a
        > set a 1 ex 100 get
        "1"
        * set a
        * expire a
        > set a 1 nx
        (nil)
        > append a 2
        (integer) 2
        * append a
        > setrange a 1 x
        (integer) 2
        * setrange a
        > setrange a 1 ""
        (integer) 2
        > getset a 5
        "1x"
        * set a
        > incr a
        (integer) 6
        * incrby a
        > decrby a 3
        (integer) 3
        * incrby a
        > incrbyfloat a 1.5
        "4.5"
        * incrbyfloat a
        > getex a px 100000
        "4.5"
        * expire a
        > getex a persist
        "4.5"
        * persist a
        > getex a persist
        "4.5"
        > getex a pxat 1
        "4.5"
        * del a
        > getex a persist
        (nil)
        > setex a 100 x
        OK
        * set a
        * expire a
        > psetex a 100000 x
        OK
        * set a
        * expire a
        > setnx a x
        (integer) 0
        > setnx b 1
        (integer) 1
        * set b
        > mset a 1 b 2
        OK
        * set a
        * set b
        > msetnx a 1 c 2
        (integer) 0
        > msetnx d 1 e 2
        (integer) 1
        * set d
        * set e
        > getdel a
        "1"
        * del a
        > getdel a
        (nil)
        > incr d x
        (error) ERR wrong number of arguments for 'incr' command
    "#]]
    .assert_eq(&play(
        r#"
        notices
        set a 1
        set a 1 ex 100 get
        set a 1 nx
        append a 2
        setrange a 1 x
        setrange a 1 ""
        getset a 5
        incr a
        decrby a 3
        incrbyfloat a 1.5
        getex a px 100000
        getex a persist
        getex a persist
        getex a pxat 1
        getex a persist
        setex a 100 x
        psetex a 100000 x
        setnx a x
        setnx b 1
        mset a 1 b 2
        msetnx a 1 c 2
        msetnx d 1 e 2
        getdel a
        getdel a
        incr d x
    "#,
    ));
}
